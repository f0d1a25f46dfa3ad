//! Rules about sources, what they promise, and privacy.

super::rules! {
    UNCLASSIFIED_COLUMN "unclassified-column"
        "A column of a source has no privacy class, neither in the sources file nor by a rule in `ade.yml`, so its table does not land. Add `privacy: <class>` to the column; `ade inspect` proposes one."
    UNKNOWN_PRIVACY_CLASS "unknown-privacy-class"
        "A column or a rule names a privacy class that is neither built in nor declared under `privacy.classes` in `ade.yml`."
    INVALID_TREATMENT "invalid-treatment"
        "A privacy treatment lacks a setting that it needs, has one that it does not know, or does not fit the column's type."
    INVALID_INGEST "invalid-ingest"
        "The `ingest` settings of a source table contradict each other, for instance `mode: incremental` without a `cursor`."
    UNKNOWN_COLUMN "unknown-column"
        "A setting names a column that the table does not have or does not promise."
    UNKNOWN_TYPE "unknown-type"
        "`data_type` is not a type that the engine knows. SQL names are expected: `bigint`, `varchar`, `decimal(12,2)`, `timestamp` and so on."
    SCHEMA_DRIFT "schema-drift"
        "The source no longer looks as promised: a column is gone, is new, or has another type. Nothing of the table lands until somebody decides; readers stay on the last good version."
}
