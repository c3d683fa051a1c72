//! The pages of the stages of [build your own](super::build_your_own), one for each.

#[doc = include_str!("01-ping.md")]
pub mod stage_01_ping {}

#[doc = include_str!("02-many-clients.md")]
pub mod stage_02_many_clients {}

#[doc = include_str!("03-pieces.md")]
pub mod stage_03_pieces {}

#[doc = include_str!("04-pipelining.md")]
pub mod stage_04_pipelining {}

#[doc = include_str!("05-binary-safe.md")]
pub mod stage_05_binary_safe {}

#[doc = include_str!("06-set-get.md")]
pub mod stage_06_set_get {}

#[doc = include_str!("07-counters.md")]
pub mod stage_07_counters {}

#[doc = include_str!("08-hostile.md")]
pub mod stage_08_hostile {}

#[doc = include_str!("09-eviction.md")]
pub mod stage_09_eviction {}

#[doc = include_str!("10-log.md")]
pub mod stage_10_log {}

#[doc = include_str!("11-kill.md")]
pub mod stage_11_kill {}

#[doc = include_str!("12-slow-reader.md")]
pub mod stage_12_slow_reader {}

#[doc = include_str!("13-pubsub.md")]
pub mod stage_13_pubsub {}

#[doc = include_str!("14-blocking-pop.md")]
pub mod stage_14_blocking_pop {}

#[doc = include_str!("15-graceful-stop.md")]
pub mod stage_15_graceful_stop {}
