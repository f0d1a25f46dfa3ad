//! What a read will give, before any row moves.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};

use crate::{ColumnDrift, Misfits, Note, ReadRequest, ReadUnit};

/// What a read will give, known before any row moves.
#[derive(Debug, Clone)]
pub struct ReadPlan {
    /// What was asked for.
    pub request: Arc<ReadRequest>,
    /// The schema of every batch of every unit: first the promised columns in the promised order (one that is
    /// missing in the source comes as NULLs), then the others in the source's order. All are nullable.
    pub schema: SchemaRef,
    /// The work, in the order in which it must be read and committed. Empty: nothing new.
    pub units: Vec<ReadUnit>,
    /// Where the table differs from what was promised, also when nothing of it is read; what only units can tell is theirs.
    pub drift: ColumnDrift,
    /// Whether the units are all that the table is to hold, although the request has a position: their rows replace all
    /// that is there, at once, and the position begins anew with `None`.
    pub replaces_all: bool,
    /// What a person should know.
    pub notes: Vec<Note>,
    /// Whether a read can go on behind a value that does not fit its column.
    pub can_tell_misfits: bool,
    /// The columns of which it does, and tells it in a last column, [`crate::MISFITS`]. A misfit in any other ends the read.
    pub misfits: Vec<String>,
    /// Whether a read can go on behind a record that no row can be made of.
    pub can_reject: bool,
    /// Whether it does, and gives such records beside the rows ([`crate::BatchStream::take_rejected`]). Otherwise they end it.
    pub rejects: bool,
}

impl ReadPlan {
    /// Where the source differs from what was promised, over all units.
    pub fn drift(&self) -> ColumnDrift {
        self.units.iter().fold(self.drift.clone(), |all, unit| all.merged(&unit.drift))
    }

    /// The same plan telling values of these columns that do not fit, as far as the source can.
    pub fn telling_misfits(mut self, columns: Vec<String>) -> Self {
        if self.can_tell_misfits && !columns.is_empty() {
            let fields = self.schema.fields().iter().cloned().chain([Misfits::field()]);
            self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
            self.misfits = columns;
        }
        self
    }

    /// The same plan giving records that no row can be made of beside the rows, as far as the source can.
    pub fn rejecting(mut self) -> Self {
        self.rejects = self.can_reject;
        self
    }

    /// The same plan reading only the columns for which `keep` is true: how new columns are left out without
    /// planning (and inferring) again. The units keep the drift that they report.
    pub fn keeping(mut self, keep: impl Fn(&str) -> bool) -> Self {
        let fields = self.schema.fields().iter().filter(|field| keep(field.name())).cloned();
        self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        self
    }
}
