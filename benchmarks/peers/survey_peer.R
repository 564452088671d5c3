# Rake and estimate the benchmark's file with R's package survey; print seconds without loading, and results.
suppressPackageStartupMessages(library(survey))
args <- commandArgs(TRUE)
d <- read.csv(args[1])
totals <- read.csv(args[2], colClasses = c("character", "character", "numeric"))
for (m in unique(totals$margin)) d[[m]] <- factor(d[[m]], levels = totals$category[totals$margin == m])
d$stratum <- as.character(d$stratum)
started <- proc.time()[["elapsed"]]
design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~N, data = d)
formula <- as.formula(paste("~", paste(unique(totals$margin), collapse = " + ")))
wanted <- c(sum(totals$total[totals$margin == totals$margin[1]]))
names(wanted) <- "(Intercept)"
for (m in unique(totals$margin)) {
  own <- totals[totals$margin == m, ][-1, ]
  wanted <- c(wanted, setNames(own$total, paste0(m, own$category)))
}
raked <- calibrate(design, formula, population = wanted, calfun = "raking", epsilon = 1e-9, maxit = 100)
city <- svymean(~y1 + y2, raked)
counties <- svyby(~y1 + y2, ~county, raked, svymean)
seconds <- proc.time()[["elapsed"]] - started
cat(sprintf('{"seconds": %.4f, "estimates": [%s], "errors": [%s], "version": "%s"}\n', seconds,
  paste(sprintf("%.15g", c(coef(city), coef(counties))), collapse = ", "),
  paste(sprintf("%.15g", c(SE(city), unlist(SE(counties)))), collapse = ", "), packageVersion("survey")))
