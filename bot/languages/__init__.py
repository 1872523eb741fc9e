"""Words of each language, one file a language, and what is read from them: sentences, cues, speakers, index terms."""
