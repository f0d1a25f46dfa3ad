{{ config(materialized='table') }}
select day, version, count(*) as stores, sum(on_hand) as on_hand from {{ source('feed', 'stock') }} group by 1, 2
