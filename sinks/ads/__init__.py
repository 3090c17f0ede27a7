"""Ad platforms: pure codecs, one row each in `registry`; `platform` says what all provide."""
