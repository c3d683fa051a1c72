"""The grader of "build your own": starts a server, speaks to it, and explains what was wrong."""
