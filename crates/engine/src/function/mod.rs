//! The functions that sessions know beyond DataFusion's own.

use std::sync::Arc;

use datafusion::execution::{FunctionRegistry, SessionState};

use crate::SessionOptions;

/// `state` with all functions that are the same in every session.
pub(crate) fn register(mut state: SessionState) -> SessionState {
    if let Err(error) = datafusion_functions_json::register_all(&mut state) {
        tracing::error!(%error, "the json functions are missing");
    }
    state
}

/// `state` with the functions that answer what a session was given.
pub(crate) fn register_session(mut state: SessionState, options: &SessionOptions) -> SessionState {
    state
}
