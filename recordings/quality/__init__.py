"""How good talks are: score forms, samples of calls, reviews, and how far graders agree."""
