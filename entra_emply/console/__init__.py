"""The operators' web page: what is planned, why, who it is about, what waits and what failed; and deciding about it.

Here: pages over the functions that the commands use. Not here: any rule, any reading of Entra or Emply but `doctor`'s,
and Dagster. The lock of applying is never taken.
"""
