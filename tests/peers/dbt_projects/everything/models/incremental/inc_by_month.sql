{{ config(
    incremental_strategy='microbatch',
    event_time='happened_at',
    batch_size='month',
    begin='2025-04-01',
    lookback=100
) }}
select event_id, kind, amount, happened_at from {{ ref('events') }}
