//! The input of INFO's sections.
//!
//! It has a file of its own so that the sections do not import the command.

use crate::keyspace::Figures;
use crate::shared::Services;

/// The input of the sections.
pub(super) struct Facts<'a> {
    pub shared: &'a Services,
    pub keyspace: &'a Figures,
    pub now_ms: u64,
}
