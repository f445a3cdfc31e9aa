"""Reports: figures of queues, agents, teams, menus and numbers over time, from sums by quarter-hour."""
