"""Call records: folds over the journal, searched, exported and made anew."""
