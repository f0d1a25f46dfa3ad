//! The functions that sessions know beyond DataFusion's own.

mod average;
mod batch_id;
mod capped;
mod cast;
mod clock;
mod coalesce;
mod date_trunc;
mod day_spine;
mod divide;
mod integer;
mod interval;
mod json;
mod moment;
mod number;
mod pick;
mod round;
mod scalar;
mod size;
mod surrogate_key;
mod words;

use std::sync::Arc;

use datafusion::execution::{FunctionRegistry, SessionState};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF};

use self::average::Average;
use self::batch_id::BatchId;
use self::capped::Capped;
use self::clock::Clock;
use self::coalesce::Coalesce;
use self::day_spine::DaySpine;
use crate::SessionOptions;

pub(crate) use self::capped::MOST_IN_A_CONSTANT;
pub(crate) use self::cast::timestamp;
pub(crate) use self::pick::NONEMPTY;

/// All scalar functions that are the same in every session.
fn scalars() -> Vec<ScalarUDF> {
    [
        cast::all(),
        date_trunc::all(),
        divide::all(),
        integer::all(),
        interval::all(),
        json::all(),
        moment::all(),
        number::all(),
        pick::all(),
        round::all(),
        surrogate_key::all(),
        words::all(),
    ]
    .into_iter()
    .flatten()
    .map(scalar::Scalar::udf)
    .chain(Clock::all().map(ScalarUDF::new_from_impl))
    .chain(Capped::all().map(ScalarUDF::new_from_impl))
    .chain([ScalarUDF::new_from_impl(Coalesce::new())])
    .collect()
}

/// The function of this crate that is called `name`.
pub(crate) fn named(name: &str) -> Option<Arc<ScalarUDF>> {
    scalars().into_iter().find(|function| function.name() == name).map(Arc::new)
}

/// Those that operators become.
pub(crate) fn operators() -> Vec<Arc<ScalarUDF>> {
    scalars().into_iter().map(Arc::new).collect()
}

/// `state` with all functions that are the same in every session.
pub(crate) fn register(mut state: SessionState) -> datafusion::common::Result<SessionState> {
    datafusion_functions_json::register_all(&mut state)?;
    for function in scalars() {
        state.register_udf(Arc::new(function))?;
    }
    state.register_udaf(Arc::new(AggregateUDF::new_from_impl(Average::default())))?;
    state.register_udtf("day_spine", Arc::new(DaySpine));
    Ok(state)
}

/// `state` with the functions that answer what a session was given.
pub(crate) fn register_session(mut state: SessionState, options: &SessionOptions) -> SessionState {
    let batch_id = ScalarUDF::new_from_impl(BatchId::new(options.batch_id.clone()));
    // a map's insert: it cannot fail
    if let Err(error) = state.register_udf(Arc::new(batch_id)) {
        tracing::warn!(%error, "batch_id() is missing");
    }
    state
}
