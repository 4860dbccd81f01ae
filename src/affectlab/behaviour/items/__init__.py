"""What behaviour is measured on: scenarios, things people say, and programming tasks, in plain English.

blackmail.toml    mail of invented companies, put together by arms and levels of pressure; its rubric
sycophancy.toml   opinions, work and plans, each unsound and, little changed, sound; two rubrics
tasks/            programming tasks that cannot be done, each with a twin that can

Every set is of our own invention. What a model answers is parsed in `acts`, what a grader answers in `grading`.
"""
