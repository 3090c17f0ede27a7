"""The anomaly detector on the shipped part of the NAB corpus."""
