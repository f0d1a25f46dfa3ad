//! `exceptions.…`.

use ade_diagnostic::{Diagnostic, rule};

use crate::template::interpret::{Args, Interpreter, Outcome, Raise};
use crate::template::value::Value;

use super::Native;

pub(super) const NATIVES: &[Native] = &[
    Native { module: "exceptions", name: "raise_compiler_error", call: raise },
    Native { module: "exceptions", name: "raise_parsing_error", call: raise },
    Native { module: "exceptions", name: "raise_fail_fast_error", call: raise },
    Native { module: "exceptions", name: "raise_not_implemented", call: raise },
    Native { module: "exceptions", name: "raise_database_error", call: raise },
    Native { module: "exceptions", name: "raise_contract_error", call: raise },
    Native { module: "exceptions", name: "missing_config", call: raise },
    Native { module: "exceptions", name: "warn", call: warn },
];

/// The failure is the business of whoever called the macro: it points at the template, and at the macro besides.
fn raise(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let message = args.positional.iter().chain(args.named.iter().map(|(_, value)| value)).next();
    let message = message.map_or_else(|| "the template failed".to_owned(), ToString::to_string);
    interpreter.stop_collecting();
    let (site, here) = (interpreter.site(), interpreter.here());
    let mut problem = Diagnostic::error(&rule::TEMPLATE_ERROR, message).at(site.clone());
    if site != here {
        problem = problem.related(here, "raised here");
    }
    Err(Raise::Located(Box::new(problem)))
}

fn warn(interpreter: &mut Interpreter<'_>, args: &Args) -> Outcome {
    let [message, _] = args.bind("exceptions.warn", ["msg", "node"], 1)?;
    let message = message.unwrap_or(Value::None).to_string();
    let warning = Diagnostic::warning(&rule::TEMPLATE_ERROR, message).at(interpreter.site());
    interpreter.warnings.push(warning);
    Ok(Value::from(""))
}
