"""The world pocket was trained on: people and an assistant with latent emotions, and the texts these give rise to.

words      what is planted for each of the 171 words, and its sentences in two banks without a common content word
scenes     everything around the emotions: names, settings, neutral sentences, numbers, tasks, mail, activities
rules      what a state does to behaviour: explicit functions, in one file
voice      from a state and a character to sentences
narrative, talk, numbers, decisions     the kinds of documents
documents  the mixture of them, from a seed
"""
