-- House accounts, one pair a supported currency.
INSERT INTO payments.accounts (account_number, currency, kind, metadata)
SELECT kind || '-' || currency, currency, kind, jsonb_build_object('house', true)
  FROM unnest(ARRAY['SGD', 'USD', 'EUR', 'GBP', 'JPY', 'AUD', 'INR', 'HKD', 'MYR', 'IDR'])
       WITH ORDINALITY AS currencies (currency, position),
       unnest(ARRAY['merchant', 'clearing']) AS kinds (kind)
 ORDER BY position, kind DESC;
