//! Rules about Jinja templates.

super::rules! {
    TEMPLATE_SYNTAX "template-syntax"
        "The Jinja in a file cannot be read: a block is not closed, a bracket is missing, or a word is not known."
    TEMPLATE_ERROR "template-error"
        "A template failed while it was rendered: a macro raised an error, or a function got arguments that it does not take."
    UNDEFINED_NAME "undefined-name"
        "A template uses a name that is not defined: a macro, variable or function with a slip in it, or one of a package that is not here."
    UNDEFINED_VARIABLE "undefined-variable"
        "`var()` asks for a variable that has no value. Set it under `vars` or with `--vars`, or give `var()` a default."
    UNDEFINED_ENVIRONMENT_VARIABLE "undefined-environment-variable"
        "`env_var()` asks for an environment variable that is not set. Set it, or give `env_var()` a default."
    UNKNOWN_DOC "unknown-doc"
        "`doc()` names a `{% docs %}` block that no `.md` file has."
}
