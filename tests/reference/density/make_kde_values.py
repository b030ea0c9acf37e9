#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write kde_events.csv and kde_values.csv: kernel density by its definition in 40-digit decimals.

usage: make_kde_values.py        (writes beside itself)

Shares nothing with the library but the formulas: the distances, the sums and the constants are exact to
40 digits, pi by Machin's formula, exp by Python's decimal module. The events are invented: 90 rows
with weights at 70 places, coordinates in centimetres on the British National Grid's range.
"""
import os
from decimal import Decimal, getcontext

getcontext().prec = 40
D = Decimal
HERE = os.path.dirname(os.path.abspath(__file__))


def arctan_inverse(n):
    """arctan(1/n) by its series."""
    term, total, k = D(1) / n, D(0), 0
    while abs(term) > D(10) ** -45:
        total += term / (2 * k + 1) * (1 if k % 2 == 0 else -1)
        term /= n * n
        k += 1
    return total


PI = 4 * (4 * arctan_inverse(5) - arctan_inverse(239))
XMIN, YMAX, CELL, ROWS, COLS = D(430000), D(310400), D("33.5"), 12, 13


def kernel(name, h, r2):
    if name == "gaussian":
        cut = D("7.434") * h
        return (-r2 / (2 * h * h)).exp() / (2 * PI * h * h) if r2 <= cut * cut else D(0)
    if r2 > h * h:
        return D(0)
    rest = 1 - r2 / (h * h)
    scale = 1 / (PI * h * h)
    return {"uniform": lambda: scale,
            "triangular": lambda: 3 * scale * (1 - r2.sqrt() / h),
            "epanechnikov": lambda: 2 * scale * rest,
            "quartic": lambda: 3 * scale * rest ** 2,
            "triweight": lambda: 4 * scale * rest ** 3}[name]()


def events():
    state, places, rows = 12345, [], []

    def draw(n):
        nonlocal state
        state = (state * 1103515245 + 12345) % 2 ** 31
        return (state >> 8) % n

    for i in range(90):
        if i < 70:
            places.append((D(42995000 + draw(60000)) / 100, D(30995000 + draw(50000)) / 100))
            place = places[i]
        else:
            place = places[draw(70)]
        rows.append((place[0], place[1], D(1 + draw(40)) / 8))
    return rows


def main():
    rows = events()
    with open(os.path.join(HERE, "kde_events.csv"), "w") as f:
        f.write("# invented by make_kde_values.py; metres, weights in eighths\nx,y,weight\n")
        for x, y, w in rows:
            f.write("%s,%s,%s\n" % (x, y, w))
    with open(os.path.join(HERE, "kde_values.csv"), "w") as f:
        f.write("# make_kde_values.py, Python decimal with 40 digits; events per m2 at cell centres\n")
        f.write("# grid: xmin %s, ymax %s, cell %s, %d rows x %d cols; tolerance 1e-12 of the maximum\n"
                % (XMIN, YMAX, CELL, ROWS, COLS))
        f.write("kernel,bandwidth,row,col,value\n")
        for name, h in [("uniform", "97.3"), ("triangular", "150"), ("epanechnikov", "97.3"),
                        ("quartic", "150"), ("triweight", "201.7"), ("gaussian", "61.9"),
                        ("quartic", "5000"), ("gaussian", "12.5")]:
            for row in range(0, ROWS):
                for col in range(row % 2, COLS, 2):
                    cx = XMIN + (col + D("0.5")) * CELL
                    cy = YMAX - (row + D("0.5")) * CELL
                    v = sum(w * kernel(name, D(h), (cx - x) ** 2 + (cy - y) ** 2) for x, y, w in rows)
                    f.write("%s,%s,%d,%d,%.20e\n" % (name, h, row, col, v))


main()
