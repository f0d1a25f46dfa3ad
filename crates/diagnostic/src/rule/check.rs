//! Rules about checks.

super::rules! {
    UNKNOWN_CHECK "unknown-check"
        "A data test that is neither built in nor defined by a `{% test %}` block of this project. Tests of packages that ade has not built in can be copied into `macros/`."
    INVALID_CHECK "invalid-check"
        "A data test lacks an argument that it needs, has one that it does not know, or one of the wrong type."
    INVALID_THRESHOLD "invalid-threshold"
        "`warn_if` and `error_if` are a comparison with a number of failing rows: what stands behind the number in SQL, for instance `\"> 10\"`, `\"!= 0\"` or `\"between 2 and 5\"`."
}
