{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by=['day']) }}
select day, version, store, on_hand from {{ source('feed', 'stock') }}
