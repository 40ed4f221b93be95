"""The tables: median of the rounds, least and most, ratio to the peer, and what the design allows."""
import os
import platform
import statistics

import aws


def number(x):
    if x is None:
        return "–"
    return f"{x:.3f}" if abs(x) < 1 else f"{x:.2f}" if abs(x) < 100 else f"{x:,.0f}"


class Results:
    def __init__(self, rows, names):
        self.rows, self.names = rows, names
        self.figures = {}   # (row, server) -> figures of the rounds
        self.failures = {}  # (row, server) -> why the last failed round failed

    def add(self, row, name, figure):
        if figure is not None:
            self.figures.setdefault((row.name, name), []).append(figure)

    def fail(self, row, name, why):
        self.failures[(row.name, name)] = why

    def median(self, row, name):
        figures = self.figures.get((row.name, name))
        return statistics.median(figures) if figures else None

    def cell(self, row, name):
        figures = self.figures.get((row.name, name))
        if not figures:
            return "failed" if (row.name, name) in self.failures else "–"
        return f"{number(statistics.median(figures))} ({number(min(figures))}–{number(max(figures))})"

    def line(self, row):
        ours = self.median(row, "kedge")
        theirs = self.median(row, "mosquitto")
        ratio = ours / theirs if ours is not None and theirs else None
        allowed = row.budget / row.peer if row.budget and row.peer else None
        goal, actual = (allowed, ratio) if allowed and ratio is not None else (row.budget, ours)
        kept = "" if goal is None or actual is None else "yes" if actual <= goal else "no"
        return [f"{row.name}{', ' + row.unit if row.unit else ''}", *(self.cell(row, n) for n in self.names),
                number(ratio), number(row.budget), number(allowed), kept]

    def print(self, markdown):
        head = ["", *self.names, "ratio", "design ≤", "design ratio ≤", "kept"]
        for group in dict.fromkeys(r.group for r in self.rows):
            lines = [self.line(r) for r in self.rows if r.group == group]
            print(f"\n{'### ' if markdown else ''}{group}\n")
            (print_markdown if markdown else print_columns)([head, *lines])
        for (row, name), why in self.failures.items():
            print(f"\n{row}, {name}: a round failed: {why}")


def print_markdown(lines):
    for i, line in enumerate(lines):
        print("| " + " | ".join(line) + " |")
        if i == 0:
            print("|---" + "|---:" * (len(line) - 1) + "|")


def print_columns(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print(line[0].ljust(widths[0]) + "".join("  " + c.rjust(w) for c, w in zip(line[1:], widths[1:])))


def print_machine(servers):
    print(f"{os.cpu_count()} cores, kernel {platform.release().split('-')[0]}, {' '.join(aws.text_of(['openssl', 'version']).split()[:2])}\n")
    for server in servers:
        print("- " + server.describe())
