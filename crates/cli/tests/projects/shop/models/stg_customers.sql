{{ config(materialized='view') }}
select id, email, city, revision, updated_at from {{ source('app', 'customers') }}
