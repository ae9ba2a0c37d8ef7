"""The traffic benchmark: one description of what a proxy must do, one adapter per proxy, one list of cases.

description  what every proxy is configured to do
proxies      one module per proxy: the description written in its language
tools        finds, builds or installs the programs
process      starts, pins, stops and measures process trees
generators   runs wrk, h2load and our own generator, and reads their results
probes       one real request each: does this proxy do what the case needs?
cases        the list of cases
fleet        the running proxies; one runs, the others are stopped
report       medians, same-round ratios, JSON and Markdown
"""
