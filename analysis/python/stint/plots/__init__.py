"""Figures of ensembles, models and results: one module a figure, each with a function draw(files) that returns it.

    from stint.plots import magnetisation
    figure = magnetisation.draw(["hmc.h5", "model.h5"])

`python -m stint plot NAME --help` shows the options of each on the command line, which also sets `stint.plots.style.STYLE`.
"""
