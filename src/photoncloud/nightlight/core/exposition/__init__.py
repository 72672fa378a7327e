"""Metrics pages: what targets show and scrapes read.

`text` (0.0.4, 1.0.0) and `openmetrics` (lenient, for scraping) turn a page into `page.Page`; `strict` judges a page by
the letter of OpenMetrics 1.0; `negotiate` speaks the headers; `escaping` carries UTF-8 names to old readers; `writer`
writes.
"""
