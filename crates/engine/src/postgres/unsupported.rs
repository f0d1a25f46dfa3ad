//! Functions of PostgreSQL that the engine has not got, and what to write in their place.

/// Name and advice.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("crosstab", "write one aggregate with filter (where …) for each column"),
    ("currval", "sequences do not exist here: use surrogate_key(…) or row_number()"),
    ("dblink", "make a connection and a source for the other database"),
    ("generate_subscripts", "use generate_series(1, cardinality(array))"),
    ("jsonb_path_query", "use -> and ->> with keys, or jsonb_array_elements"),
    ("jsonb_pretty", "format the JSON where it is shown"),
    ("jsonb_set", "build the object with jsonb_build_object"),
    ("lastval", "sequences do not exist here: use surrogate_key(…) or row_number()"),
    ("nextval", "sequences do not exist here: use surrogate_key(…) or row_number()"),
    ("pg_sleep", "queries only read"),
    ("regexp_matches", "use regexp_match(text, pattern), which gives the groups of the first match"),
    ("row_to_json", "use jsonb_build_object('column', column, …)"),
    ("set_config", "settings are fixed; cast or convert in the query"),
    ("setseed", "random() cannot be seeded: order by md5(key::text) for a stable sample"),
    ("setval", "sequences do not exist here: use surrogate_key(…) or row_number()"),
    ("to_tsquery", "use ilike or ~* for simple searches"),
    ("to_tsvector", "use ilike or ~* for simple searches"),
    ("width_bucket", "use floor((value - low) / width)"),
    ("xmlparse", "turn the XML into JSON before it is landed"),
    ("xpath", "turn the XML into JSON before it is landed"),
    ("isfinite", "dates and timestamps here are always finite"),
    ("iif", "write case when … then … else … end"),
    ("ifnull", "use coalesce(a, b)"),
    ("isnull", "write x is null, or coalesce(a, b)"),
    ("nvl", "use coalesce(a, b)"),
    ("getdate", "use now()"),
    ("datediff", "subtract: end_date - start_date gives days; extract(epoch from b - a) gives seconds"),
    ("dateadd", "add an interval: d + interval '1 day'"),
    ("strftime", "use to_char(timestamp, 'YYYY-MM-DD')"),
    ("group_concat", "use string_agg(text, ',')"),
    ("listagg", "use string_agg(text, ',')"),
    ("charindex", "use position('b' in text)"),
    ("len", "use length(text)"),
    ("to_varchar", "cast: x::text"),
    ("parse_json", "cast: x::json"),
];

/// What to write in place of the function called `name`.
pub(super) fn advice(name: &str) -> Option<&'static str> {
    UNSUPPORTED.iter().find(|(known, _)| *known == name).map(|(_, advice)| *advice)
}
