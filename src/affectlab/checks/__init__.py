"""Checks of the vectors: does what they claim hold on texts they were not made from? Each returns Scores.

accuracy    whose emotion is a text's: by cluster and by word, with a bag of words beside it
ladders     does a reading follow a number whose meaning turns with its size?
colon       does the reading at the ":" predict the reply?
doses       how a choice moves with strength, for emotion vectors and for null directions
controls    vectors of shuffled labels, and random directions
"""
