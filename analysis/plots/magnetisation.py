"""Histogram of the magnetisation of an ensemble: python3 magnetisation.py ENSEMBLE.h5 FIGURE.png"""
import sys
import h5py
import matplotlib.pyplot as plt

with h5py.File(sys.argv[1]) as ensemble:
    phi = ensemble["configurations"][:]
plt.hist(phi.reshape(len(phi), -1).mean(axis=1), bins=50, density=True)
plt.xlabel("magnetisation $M$")
plt.ylabel("$P(M)$")
plt.savefig(sys.argv[2])
