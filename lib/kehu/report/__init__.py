"""The report: sentences, figures and tables in every language, composed and rendered."""
