"""The fifteen stages, in order. A stage is a module with a `STAGE`; to add one, name it here."""

from . import (
    s01_ping,
    s02_many_clients,
    s03_pieces,
    s04_pipelining,
    s05_binary_safe,
    s06_set_get,
    s07_counters,
    s08_hostile,
    s09_eviction,
    s10_log,
    s11_kill,
    s12_slow_reader,
    s13_pubsub,
    s14_blocking_pop,
    s15_graceful_stop,
)

MODULES = (
    s01_ping,
    s02_many_clients,
    s03_pieces,
    s04_pipelining,
    s05_binary_safe,
    s06_set_get,
    s07_counters,
    s08_hostile,
    s09_eviction,
    s10_log,
    s11_kill,
    s12_slow_reader,
    s13_pubsub,
    s14_blocking_pop,
    s15_graceful_stop,
)

STAGES = {number: module.STAGE for number, module in enumerate(MODULES, 1)}
