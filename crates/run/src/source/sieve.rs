//! Rows told apart before anything of them is obfuscated: what breaks a promise that the project wants held row by row, what
//! the project's rules tell, and what the source means as deleted.
mod reasons;
mod remaining;
mod rule;
mod shaped_column;
mod sifted;

use std::collections::HashMap;
use std::sync::Arc;

use ade_connect::{ChangeColumns, ColumnForm, Misfits, fit_in};
use ade_engine::RowExpression;
use ade_privacy::Suppressor;
use ade_project::resource::{DriftKind, OnDelete, RowAction};
use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow::compute::{and, filter_record_batch, is_not_null, is_null, not, nullif, or, prep_null_mask_filter};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use self::reasons::{Reasons, by_rule, lacking, misfit, reshaped, unexpected};
pub(super) use self::remaining::Remaining;
pub(super) use self::rule::Rule;
pub(super) use self::shaped_column::ShapedColumn;
pub(super) use self::sifted::Sifted;
use super::changed_rows::only;
use super::conditions::{deleted, matched};
use super::rejection::Unfit;
use super::suppressed;
use super::tally::Tally;
use crate::build::TaskError;
use crate::error::RunError;

/// What rows of a table are held against. Places are those of the columns that are read.
#[derive(Default)]
pub(super) struct Sieve {
    /// Columns whose values are held against another type.
    pub(super) fitted: Vec<(usize, DataType)>,
    /// How the texts of such columns are written, where that is not as usual.
    pub(super) forms: HashMap<usize, ColumnForm>,
    /// Columns of which values that break a promise are kept apart, and their rows land without them.
    pub(super) aside: Vec<usize>,
    /// Columns of which the source itself tells values that do not fit.
    pub(super) told: Vec<usize>,
    /// Columns of which rows without a value are kept apart.
    pub(super) never_null: Vec<usize>,
    /// Columns of which rows with a value are kept apart.
    pub(super) watched: Vec<usize>,
    /// Columns of which rows, or values, are kept apart whose documents have another shape than before.
    pub(super) shaped: Vec<ShapedColumn>,
    /// Columns that were promised without NULLs, and land with them all the same: how many is told.
    pub(super) counted: Vec<usize>,
    pub(super) rules: Vec<Rule>,
    pub(super) deleted: Option<RowExpression>,
    pub(super) on_delete: OnDelete,
    /// Tells rows of people who were erased.
    pub(super) suppressor: Option<Suppressor>,
}

impl Sieve {
    /// Whether it tells nothing apart.
    pub(super) fn is_idle(&self) -> bool {
        self.fitted.is_empty()
            && self.counted.is_empty()
            && !self.takes_out()
            && !self.marks()
            && self.deleted.is_none()
    }

    /// Whether there may be values that nobody can treat.
    pub(super) fn finds_unfit(&self) -> bool {
        !(self.fitted.is_empty() && self.told.is_empty() && self.watched.is_empty() && self.shaped.is_empty())
    }

    /// Whether rows may be taken out, so that older ones with their keys must go, too.
    pub(super) fn takes_out(&self) -> bool {
        self.keeps_apart()
            || self.rules.iter().any(|rule| rule.then == RowAction::Drop)
            || (self.deleted.is_some() && self.on_delete == OnDelete::Remove)
    }

    /// Whether rows may be kept apart.
    pub(super) fn keeps_apart(&self) -> bool {
        let of_rules = self.rules.iter().any(|rule| rule.then == RowAction::Quarantine);
        of_rules
            || !(self.fitted.is_empty()
                && self.told.is_empty()
                && self.never_null.is_empty()
                && self.watched.is_empty()
                && self.shaped.is_empty())
    }

    /// Whether rows are marked with the names of rules.
    pub(super) fn marks(&self) -> bool {
        self.rules.iter().any(|rule| rule.then == RowAction::Mark)
    }

    /// The columns with the types as which they land.
    pub(super) fn fitted_schema(&self, read: &Schema) -> SchemaRef {
        let fields = read.fields().iter().enumerate().map(|(place, field)| {
            match self.fitted.iter().find(|(fitted, _)| *fitted == place) {
                Some((_, wanted)) => Arc::new(field.as_ref().clone().with_data_type(wanted.clone())),
                None => Arc::clone(field),
            }
        });
        Arc::new(Schema::new(fields.collect::<Vec<Arc<Field>>>()))
    }

    /// Rows of which only the key counts, with the types as which rows land. What does not fit is NULL.
    pub(super) fn fitted_rows(&self, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
        let shape = |_| RunError::Stamp { rows: rows.num_rows() };
        let mut columns: Vec<ArrayRef> = rows.columns().to_vec();
        for (place, wanted) in &self.fitted {
            columns[*place] = fit_in(&columns[*place], wanted, self.forms.get(place)).map_err(shape)?.column;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.num_rows()));
        RecordBatch::try_new_with_options(self.fitted_schema(rows.schema_ref()), columns, &options).map_err(shape)
    }

    /// The rows that leave out a column that a condition names: nothing tells them apart. `said` is said of them.
    pub(super) fn unsure(&self, rows: &RecordBatch, said: &ChangeColumns) -> BooleanArray {
        let named = self.rules.iter().map(|rule| &rule.condition).chain(&self.deleted);
        let named: Vec<&String> = named.flat_map(RowExpression::columns).collect();
        let is_named =
            |place: &usize| rows.schema_ref().fields().get(*place).is_some_and(|field| named.contains(&field.name()));
        (0..rows.num_rows()).map(|row| Some(said.left_out(row).iter().any(is_named))).collect()
    }

    /// Why something may be rejected for a value of a row: the place of its column among those that are `read`, the reason,
    /// and what is broken then.
    fn of_values(&self, read: &Schema) -> Vec<(usize, String, DriftKind)> {
        let name = |place: usize| read.field(place).name();
        let unfit = |place: usize, wanted: &DataType| {
            let kind = DriftKind::RetypedColumn;
            (place, misfit(name(place), wanted), kind)
        };
        let misfits = self.fitted.iter().map(|(place, wanted)| unfit(*place, wanted));
        let told = self.told.iter().map(|place| unfit(*place, read.field(*place).data_type()));
        let lacking = self.never_null.iter().map(|place| (*place, lacking(name(*place)), DriftKind::NewlyNullable));
        let watched = self.watched.iter().map(|place| (*place, unexpected(name(*place)), DriftKind::NewColumn));
        let shaped = self.shaped.iter().map(|one| (one.place, reshaped(name(one.place)), DriftKind::Json));
        misfits.chain(told).chain(lacking).chain(watched).chain(shaped).collect()
    }

    /// Every reason for which something may be rejected, with what is broken then: a kind of drift, or a rule by its name.
    pub(super) fn promises(&self, read: &Schema) -> Vec<(String, String)> {
        let rules = self.rules.iter().filter(|rule| rule.then == RowAction::Quarantine);
        let rules = rules.map(|rule| (by_rule(&rule.name), rule.name.clone()));
        let column = |place: usize| read.field(place).name();
        let of_values = self
            .of_values(read)
            .into_iter()
            .map(|(place, reason, kind)| (reason, format!("{}({})", kind.word(), column(place))));
        of_values.chain(rules).collect()
    }

    /// Says of each row what becomes of it. `table` is its name in messages.
    /// `unsent`: what is said of rows that leave values out; what they leave out breaks no promise.
    pub(super) fn sift(
        &self,
        table: &str,
        batch: &RecordBatch,
        unsent: Option<&ChangeColumns>,
        tally: &mut Tally,
    ) -> Result<Sifted, TaskError> {
        let Some(suppressor) = &self.suppressor else { return self.tell_apart(table, batch, unsent, tally) };
        let mut suppressed = suppressor.suppressed(batch)?;
        if self.finds_unfit() {
            let told = self.tell_apart(table, batch, unsent, &mut Tally::default())?;
            suppressed = suppressed::with_unfit(suppressor, suppressed.as_ref(), &told.unfit, batch.num_rows())?;
        }
        match suppressed {
            Some(rows) => {
                let shape = |_| RunError::Stamp { rows: batch.num_rows() };
                let mask = not(&rows).map_err(shape)?;
                // What is told of rows is told of the others.
                let others = filter_record_batch(batch, &mask).map_err(shape)?;
                let said = unsent.map(|said| only(said, &mask)).transpose().map_err(shape)?;
                self.tell_apart(table, &others, said.as_ref(), tally)?;
                suppressed::left_out(self.tell_apart(table, batch, unsent, &mut Tally::default())?, &rows, tally)
            }
            None => self.tell_apart(table, batch, unsent, tally),
        }
    }

    fn tell_apart(
        &self,
        table: &str,
        batch: &RecordBatch,
        unsent: Option<&ChangeColumns>,
        tally: &mut Tally,
    ) -> Result<Sifted, TaskError> {
        let rows = batch.num_rows();
        let shape = |_| RunError::Stamp { rows };
        if self.is_idle() {
            let (rows, unfit) = (batch.clone(), Vec::new());
            return Ok(Sifted { rows, stays: None, apart: None, aside: None, unfit, is_deleted: None, marks: None });
        }
        let mut reasons = Reasons::new(rows);
        let mut unfit = Vec::new();
        let misfits = Misfits::of(batch);
        // A value that did not fit is none, and is told as such.
        let sent = |place: usize| -> BooleanArray {
            let is_sent =
                |row| !misfits.has(row, place) && unsent.is_none_or(|said| !said.left_out(row).contains(&place));
            (0..rows).map(|row| Some(is_sent(row))).collect()
        };
        let name = |place: usize| batch.schema_ref().field(place).name().clone();
        let mut columns: Vec<ArrayRef> = batch.columns().to_vec();
        for (place, wanted) in &self.fitted {
            let fitted = fit_in(&columns[*place], wanted, self.forms.get(place)).map_err(shape)?;
            reasons.add(&fitted.misfits, &misfit(&name(*place), wanted), self.aside.contains(place), tally);
            if fitted.misfits.true_count() > 0 {
                let values = Arc::clone(&columns[*place]);
                unfit.push(Unfit { column: name(*place), values, rows: fitted.misfits });
            }
            columns[*place] = fitted.column;
        }
        for place in &self.told {
            let mut mask = vec![false; rows];
            misfits.rows(*place).for_each(|row| mask[row] = true);
            let reason = misfit(&name(*place), batch.column(*place).data_type());
            reasons.add(&mask.into(), &reason, self.aside.contains(place), tally);
        }
        for place in &self.never_null {
            let nulls = is_null(&batch.column(*place)).map_err(shape)?;
            let nulls = and(&nulls, &sent(*place)).map_err(shape)?;
            reasons.add(&nulls, &lacking(&name(*place)), false, tally);
        }
        for place in &self.watched {
            let values = is_not_null(&batch.column(*place)).map_err(shape)?;
            reasons.add(&values, &unexpected(&name(*place)), self.aside.contains(place), tally);
            if values.true_count() > 0 {
                let column = Arc::clone(batch.column(*place));
                unfit.push(Unfit { column: name(*place), values: column, rows: values });
            }
        }
        for one in &self.shaped {
            let rows = one.reshaped(&columns[one.place]);
            if rows.true_count() == 0 {
                continue;
            }
            reasons.add(&rows, &reshaped(&name(one.place)), one.is_aside, tally);
            if one.is_aside {
                let values = Arc::clone(&columns[one.place]);
                columns[one.place] = nullif(&values, &rows).map_err(shape)?;
                unfit.push(Unfit { column: name(one.place), values, rows });
            }
        }
        for place in self.counted.iter().filter(|place| columns[**place].logical_null_count() > 0) {
            let nulls = is_null(&batch.column(*place)).and_then(|nulls| and(&nulls, &sent(*place))).map_err(shape)?;
            if nulls.true_count() > 0 {
                *tally.nulls.entry(name(*place)).or_default() += nulls.true_count() as u64;
            }
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let fitted = self.fitted_schema(batch.schema_ref());
        let batch = RecordBatch::try_new_with_options(fitted, columns, &options).map_err(shape)?;
        let broken = reasons.any();
        let none = BooleanArray::from(vec![false; rows]);
        let (mut out, mut marks) = (none.clone(), vec![None; rows]);
        for rule in &self.rules {
            let met = matched(table, &rule.name, &rule.condition, &batch)?;
            match rule.then {
                RowAction::Drop => {
                    let count = met.true_count() as u64;
                    if count > 0 {
                        *tally.dropped.entry(format!("`{}`", rule.name)).or_default() += count;
                    }
                    out = or(&out, &met).map_err(shape)?;
                }
                RowAction::Quarantine => reasons.add_rule(&met, &by_rule(&rule.name), tally),
                RowAction::Mark => {
                    for row in met.values().set_indices() {
                        let names: &mut Option<String> = &mut marks[row];
                        let before = names.take().map(|names| names + ", ").unwrap_or_default();
                        *names = Some(before + &rule.name);
                    }
                }
            }
        }
        let is_deleted = self.deleted.as_ref().map(|condition| deleted(table, condition, &batch)).transpose()?;
        tally.left_out += out.true_count() as u64;
        if let (Some(is_deleted), OnDelete::Remove) = (&is_deleted, self.on_delete) {
            let dropped = out.true_count();
            out = or(&out, is_deleted).map_err(shape)?;
            tally.deleted += (out.true_count() - dropped) as u64;
        }
        // What does not land anyway is not kept apart either.
        tally.rejected += and(&broken, &not(&out).map_err(shape)?).map_err(shape)?.true_count() as u64;
        let (apart, aside) = reasons.without(&out);
        let kept_apart = is_not_null(&apart).map_err(shape)?;
        let stays = not(&or(&out, &kept_apart).map_err(shape)?).map_err(shape)?;
        Ok(Sifted {
            rows: batch,
            stays: (stays.true_count() < rows).then_some(stays),
            apart: (kept_apart.true_count() > 0).then_some(apart),
            aside: (aside.null_count() < rows).then_some(aside),
            unfit,
            is_deleted: is_deleted.filter(|_| self.on_delete == OnDelete::Mark),
            marks: self.marks().then(|| StringArray::from(marks)),
        })
    }
}

/// A mask without NULLs.
pub(super) fn certain(mask: &BooleanArray) -> BooleanArray {
    if mask.null_count() > 0 { prep_null_mask_filter(mask) } else { mask.clone() }
}
