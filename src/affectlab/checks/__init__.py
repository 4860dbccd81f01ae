"""Checks of the vectors: does what they claim hold on texts they were not made from? Each returns Scores or Findings.

validate    all of these at one layer, the one that held-out topics choose:
heldout     whose emotion is a story's, on topics that the vectors were not made from? (topics, sampled, baselines)
lens        which next words does a vector stand for?
scenes      is an emotion read that is implied and never named?
ladders     does a reading follow a number whose meaning turns with its size?
pairs       where and from which layer on do two texts part that differ in one word?
colon       does the reading at the ":" predict the reply?

snippets    which passages of any text read highest? (highest)
unseen      which passages of the texts that were extracted do, by vectors of other topics?
accuracy    whose emotion is a text's: by cluster and by word, with a bag of words beside it
doses       how a choice moves with strength, for emotion vectors and for null directions
controls    vectors of shuffled labels, and random directions; nulls reads them for several scores at once
layers      sums and vectors at some layers alone
"""
