-- What is at rest is no address: 32 characters, and no @ in any of them.
select customer_key
from {{ ref('dim_customer') }}
where length(email) <> 32 or email like '%@%'
