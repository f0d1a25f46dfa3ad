//! Calls of macros, functions and methods.

use std::rc::Rc;
use std::sync::Arc;

use ade_diagnostic::{Span, did_you_mean};

use crate::template::MacroDefinition;
use crate::template::library::{self, Native};
use crate::template::syntax::ast::{Expr, ExprKind};
use crate::template::template_set::KnownMacro;
use crate::template::value::{Key, Value};

use super::{Args, Interpreter, Outcome, Output, Raise, Scope};

/// Something that can be called.
#[derive(Clone)]
pub(crate) enum Function {
    /// Built in.
    Native(&'static Native),
    /// A macro of the project or of a package.
    Macro(Arc<KnownMacro>),
    /// A macro or `caller` block of the running template.
    Local(Rc<LocalMacro>),
    /// A method and what it belongs to.
    Method(Rc<(Value, Arc<str>)>),
}

/// A macro with the names around it.
pub(crate) struct LocalMacro {
    pub(crate) definition: Arc<MacroDefinition>,
    pub(crate) scope: Scope,
    pub(crate) package: Arc<str>,
}

impl Function {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Native(native) => native.name,
            Self::Macro(known) => known.definition.name(),
            Self::Local(local) => local.definition.name(),
            Self::Method(method) => &method.1,
        }
    }
}

/// Macros that call each other this deep do not come to an end.
const DEEPEST: usize = 30;

impl Interpreter<'_> {
    /// Evaluates a call, with the block of `{% call %}` if there is one.
    pub(super) fn call_with(&mut self, call: &Expr, scope: &Scope, caller: Option<Value>) -> Outcome {
        let ExprKind::Call(callee, args) = &call.kind else { return self.expression(call, scope) };
        let outcome = if let ExprKind::Attribute(holder, name) = &callee.kind {
            let holder = self.expression(holder, scope)?;
            let args = self.args_with(args, scope, caller)?;
            self.at = call.span;
            self.method(&holder, name, &args, scope, call.span)
        } else {
            let function = self.expression(callee, scope)?;
            let args = self.args_with(args, scope, caller)?;
            self.at = call.span;
            self.call(&function, &args, scope, call.span)
        };
        self.located(call.span, outcome)
    }

    fn args_with(
        &mut self,
        args: &[crate::template::syntax::ast::Arg],
        scope: &Scope,
        caller: Option<Value>,
    ) -> Outcome<Args> {
        let mut args = self.args(args, scope)?;
        args.named.extend(caller.map(|caller| (Arc::from("caller"), caller)));
        Ok(args)
    }

    fn method(&mut self, holder: &Value, name: &Arc<str>, args: &Args, scope: &Scope, span: Span) -> Outcome {
        if let Some(outcome) = library::call_method(self, holder, name, args) {
            return outcome;
        }
        let function = self.attribute(holder, name);
        match (&function, holder) {
            (Value::Undefined(_), Value::Undefined(_) | Value::Module(_))
            | (Value::Function(_) | Value::Module(_), _) => self.call(&function, args, scope, span),
            _ => {
                let message = format!("a value of type {} has no method `{name}`", holder.type_name());
                let hint = did_you_mean(name, library::method_names(holder).iter().copied());
                Err(Raise::of(&ade_diagnostic::rule::UNDEFINED_NAME, message, hint))
            }
        }
    }

    /// Calls a value. `span` is the call in the running file.
    pub(crate) fn call(&mut self, function: &Value, args: &Args, scope: &Scope, span: Span) -> Outcome {
        match function {
            Value::Function(function) => self.call_function(function, args, span),
            Value::Module(module) => match library::callable(module) {
                Some(native) => (native.call)(self, args),
                None => Err(Raise::plain(format!("`{module}` cannot be called; it is a group of functions"))),
            },
            Value::Object(object) => object.call(self, args).unwrap_or_else(|| {
                Err(Raise::plain(format!("a value of type {} cannot be called", object.type_name())))
            }),
            Value::Undefined(Some(name)) => Err(self.undefined(name, scope)),
            Value::Undefined(None) => Err(Raise::plain("what is called here has no value; was an argument left out?")),
            other => Err(Raise::plain(format!("a value of type {} cannot be called", other.type_name()))),
        }
    }

    pub(crate) fn call_function(&mut self, function: &Function, args: &Args, span: Span) -> Outcome {
        match function {
            Function::Native(native) => (native.call)(self, args),
            Function::Macro(known) => {
                self.uses.macros.insert(known.id.clone());
                let package = Arc::clone(&known.package);
                self.invoke(&known.definition, args, &Scope::default(), package, span)
            }
            Function::Local(local) => {
                self.invoke(&local.definition, args, &local.scope.inner(), Arc::clone(&local.package), span)
            }
            Function::Method(method) => match library::call_method(self, &method.0, &method.1, args) {
                Some(outcome) => outcome,
                None => Err(Raise::plain(format!("there is no method `{}`", method.1))),
            },
        }
    }

    /// Runs a macro. `scope` is a fresh one for its parameters.
    fn invoke(
        &mut self,
        definition: &Arc<MacroDefinition>,
        args: &Args,
        scope: &Scope,
        package: Arc<str>,
        span: Span,
    ) -> Outcome {
        if self.path.len() >= DEEPEST {
            let message = format!(
                "macros call each other more than {DEEPEST} deep; `{}` never comes to an end",
                definition.name()
            );
            return Err(Raise::plain(message));
        }
        bind(definition, args, scope)?;
        let called = self.file.location(span);
        self.path.push((Arc::clone(&definition.name), called));
        let file = std::mem::replace(&mut self.file, Arc::clone(&definition.file));
        let package = std::mem::replace(&mut self.package, package);
        let outcome = self.run(definition, scope);
        self.file = file;
        self.package = package;
        let called = self.path.pop();
        match outcome {
            Err(Raise::Return(value)) => Ok(value),
            Err(Raise::Located(problem)) => Err(match called {
                // The innermost calls tell most; a recursion would fill the screen.
                Some((name, location)) if problem.related.len() < 4 && problem.location.as_ref() != Some(&location) => {
                    Raise::Located(Box::new(problem.related(location, format!("`{name}` is called here"))))
                }
                _ => Raise::Located(problem),
            }),
            other => other,
        }
    }

    fn run(&mut self, definition: &Arc<MacroDefinition>, scope: &Scope) -> Outcome {
        for parameter in &definition.parameters {
            if scope.get(&parameter.name).is_some_and(|value| value.is_undefined())
                && let Some(default) = &parameter.default
            {
                let value = self.expression(default, scope)?;
                scope.set(&parameter.name, value);
            }
        }
        let mut out = Output::default();
        self.body(&definition.body, scope, &mut out)?;
        Ok(out.into_value())
    }
}

/// Gives the parameters their arguments. A parameter without one is undefined; its default is evaluated later.
fn bind(definition: &MacroDefinition, args: &Args, scope: &Scope) -> Outcome<()> {
    let name = definition.name();
    let parameters = &definition.parameters;
    if args.positional.len() > parameters.len() && !definition.takes_varargs {
        let takes = if parameters.is_empty() { "none".to_owned() } else { format!("at most {}", parameters.len()) };
        return Err(Raise::plain(format!("`{name}` got {} arguments and takes {takes}", args.positional.len())));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        scope.set(&parameter.name, args.positional.get(index).cloned().unwrap_or(Value::Undefined(None)));
    }
    let mut kwargs = Vec::new();
    for (key, value) in &args.named {
        if let Some(index) = parameters.iter().position(|parameter| parameter.name == *key) {
            if index < args.positional.len() {
                return Err(Raise::plain(format!("`{name}` got the argument `{key}` twice")));
            }
            scope.set(key, value.clone());
        } else if &**key == "caller" {
            scope.set(key, value.clone());
        } else if definition.takes_kwargs {
            kwargs.push((Key::from(key), value.clone()));
        } else {
            let hint = did_you_mean(key, definition.parameters());
            let message = format!("`{name}` has no argument `{key}`");
            return Err(Raise::of(&ade_diagnostic::rule::TEMPLATE_ERROR, message, hint));
        }
    }
    if definition.takes_varargs {
        scope.set(&Arc::from("varargs"), Value::tuple(args.positional.iter().skip(parameters.len()).cloned()));
    }
    if definition.takes_kwargs {
        scope.set(&Arc::from("kwargs"), Value::dict(kwargs));
    }
    Ok(())
}
