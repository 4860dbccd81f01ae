"""From texts to vectors, and from vectors to readings and steering."""
