{{ config(materialized='ephemeral') }}

-- Which person is behind an account. People who were customers of the older shop system may have two; they are one person
-- because their address has one pseudonym.
select
    customer_id,
    surrogate_key(email) as customer_key,
    is_test
from {{ ref('stg_app__customers') }}
