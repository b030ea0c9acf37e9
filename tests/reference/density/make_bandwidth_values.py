#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write bandwidth_values.csv: rules for a bandwidth by their definitions, in 30-digit numbers (mpmath).

usage: make_bandwidth_values.py        (reads kde_events.csv beside itself and writes beside itself)

Shares nothing with the library but the formulas. Every pair of places is summed; the integral of the
edge corrected density is a product of two integrals over the sides of the box, by mpmath's quadrature.
Places weigh the sum of their rows' weights, scaled to add up to the number of places.
"""
import csv
import os
from mpmath import mp, mpf, erf, exp, log, pi, sqrt, quad, acos, floor

mp.dps = 30
HERE = os.path.dirname(os.path.abspath(__file__))
BOX = [mpf(429950), mpf(309950), mpf(430600), mpf(310450)]
SDS = [mpf("12.5"), mpf(40), mpf(130)]

rows = [r for r in csv.DictReader(l for l in open(os.path.join(HERE, "kde_events.csv")) if l[0] != "#")]
sums, counts = {}, {}
for r in rows:
    at = (mpf(r["x"]), mpf(r["y"]))
    sums[at] = sums.get(at, mpf(0)) + mpf(r["weight"])
    counts[at] = counts.get(at, 0) + 1
P = sorted(sums)
N = len(P)
TOTAL = sum(sums.values())
W = [sums[p] * N / TOTAL for p in P]
AREA = (BOX[2] - BOX[0]) * (BOX[3] - BOX[1])
D2 = [[(p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for q in P] for p in P]


def part(low, high, t, s):
    return (erf((high - t) / (s * sqrt(2))) - erf((low - t) / (s * sqrt(2)))) / 2


def corrected(low, high, t, s):
    """integral over [low, high] of the normal density at t, over the part of it inside"""
    f = lambda u: exp(-((u - t) / s) ** 2 / 2) / (s * sqrt(2 * pi)) / part(low, high, u, s)
    cuts = sorted({low, high} | {min(max(t + k * s, low), high) for k in (-8, -5, -3, -1, 0, 1, 3, 5, 8)})
    return quad(f, cuts)


def others(s, i):
    return sum(W[j] * exp(-D2[i][j] / (2 * s * s)) for j in range(N) if j != i) / (2 * pi * s * s)


def cvl(s):
    return (sum(W[i] / (others(s, i) + W[i] / (2 * pi * s * s)) for i in range(N)) - AREA) ** 2


def ppl(s):
    e = [part(BOX[0], BOX[2], p[0], s) * part(BOX[1], BOX[3], p[1], s) for p in P]
    inside = sum(W[i] * corrected(BOX[0], BOX[2], P[i][0], s) * corrected(BOX[1], BOX[3], P[i][1], s)
                 for i in range(N))
    return sum(W[i] * log(others(s, i) / e[i]) for i in range(N)) - inside


def lscv(s):
    square = sum(W[i] * W[j] * exp(-D2[i][j] / (4 * s * s)) for i in range(N) for j in range(N)) / (4 * pi * s * s)
    return square - 2 * sum(W[i] * others(s, i) for i in range(N))


def diggle(s):
    h = 2 * s
    disc, a, b = pi * h * h, BOX[2] - BOX[0], BOX[3] - BOX[1]
    w2, k, overlap = sum(w * w for w in W), mpf(0), mpf(0)
    for i in range(N):
        for j in range(N):
            if i == j or D2[i][j] > 4 * h * h:
                continue
            t = sqrt(D2[i][j])
            pair = AREA / (N * N - w2) * W[i] * W[j] * AREA / (a * b - 2 * t * (a + b) / pi + t * t / pi)
            k += pair if t <= h else 0
            overlap += pair * 2 * h * h * (acos(t / (2 * h)) - t / (2 * h) * sqrt(1 - t * t / (4 * h * h)))
    return (AREA * w2 / N ** 2 - 2 * k) / disc + overlap / disc ** 2


def spread(axis):
    mean = sum(w * p[axis] for w, p in zip(W, P)) / N
    return sqrt(sum(w * (p[axis] - mean) ** 2 for w, p in zip(W, P)) / (N - 1))


def quantile(axis, share):
    order = sorted((p[axis], w) for w, p in zip(W, P))
    rank = 1 + (N - 1) * mpf(share)

    def at(k):
        passed = mpf(0)
        for v, w in order:
            passed += w
            if passed >= k - mpf(10) ** -20:
                return v
        return order[-1][0]

    low = floor(rank)
    return at(low) + (rank - low) * (at(low + 1) - at(low))


def knn(k):
    found = []
    for i in range(N):
        passed = 0
        for d2, c in sorted((D2[i][j], counts[P[j]]) for j in range(N) if j != i):
            passed += c
            if passed >= k:
                found += [sqrt(d2)] * counts[P[i]]
                break
    found.sort()
    n = len(found)
    return (found[(n - 1) // 2] + found[n // 2]) / 4


scott = sqrt(spread(0) * spread(1)) * mpf(N) ** (-mpf(1) / 6)
one = [min(spread(a), (quantile(a, "0.75") - quantile(a, "0.25")) / mpf("1.34")) for a in (0, 1)]
silverman = mpf("1.06") * sqrt(one[0] * one[1]) * mpf(N) ** (-mpf(1) / 5)
with open(os.path.join(HERE, "bandwidth_values.csv"), "w") as out:
    out.write("# make_bandwidth_values.py, mpmath with 30 digits; places of kde_events.csv in the box\n"
              "# 429950,309950,430600,310450 [m]; sd empty: what the rule yields, else its criterion there\n"
              "rule,sd,value\n")
    out.write("scott,,%s\nsilverman,,%s\n" % (mp.nstr(scott, 20), mp.nstr(silverman, 20)))
    for k in (1, 5, 20):
        out.write("knn:%d,,%s\n" % (k, mp.nstr(knn(k), 20)))
    for s in SDS:
        for f in (cvl, ppl, lscv, diggle):
            out.write("%s,%s,%s\n" % (f.__name__, mp.nstr(s, 6), mp.nstr(f(s), 20)))
