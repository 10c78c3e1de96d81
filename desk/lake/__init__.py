"""Delta tables: schemas, exactly-once writer, spool, queries, import. deltalake lives here only."""
