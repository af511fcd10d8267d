"""Tables for papers and spreadsheets: CSV, Parquet, LaTeX (booktabs) and Markdown of each."""
