{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select id, city, revision, updated_at from {{ ref('stg_customers') }}
{% if is_incremental() %} where updated_at > (select max(updated_at) from {{ this }}) {% endif %}
