{{ config(enabled=false) }}
select 1 as nothing from {{ ref('there_is_no_such_model') }}
