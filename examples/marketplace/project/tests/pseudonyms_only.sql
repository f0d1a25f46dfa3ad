-- What is at rest is no address: 26 characters, and no @ in any of them.
select customer_key
from {{ ref('dim_customer') }}
where length(email) <> 26 or email like '%@%'
