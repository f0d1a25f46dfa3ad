//! Rules about models, seeds and snapshots.

super::rules! {
    INVALID_CONFIG "invalid-config"
        "Configuration that contradicts itself or cannot be carried out, for instance `incremental_strategy: merge` without a `unique_key`."
    INVALID_CONTRACT "invalid-contract"
        "A model with `contract: {enforced: true}` does not say the name and `data_type` of each of its columns."
    INVALID_SEED "invalid-seed"
        "A seed that cannot be read as a table, or whose `column_types` name a column that it does not have."
    PRIVATE_REF "private-ref"
        "A model refers to a model with `access: private` of another group."
}
