# Rake and estimate the benchmark's file with R's package survey; print seconds without loading, and results.
# Arguments: data.csv totals.csv [replicates: re-raked bootstrap instead of linearisation].
suppressPackageStartupMessages(library(survey))
args <- commandArgs(TRUE)
replicates <- if (length(args) > 2) as.integer(args[3]) else 0L
d <- read.csv(args[1])
totals <- read.csv(args[2], colClasses = c("character", "character", "numeric"))
for (m in unique(totals$margin)) d[[m]] <- factor(d[[m]], levels = totals$category[totals$margin == m])
d$stratum <- as.character(d$stratum)
formula <- as.formula(paste("~", paste(unique(totals$margin), collapse = " + ")))
wanted <- c(sum(totals$total[totals$margin == totals$margin[1]]))
names(wanted) <- "(Intercept)"
for (m in unique(totals$margin)) {
  own <- totals[totals$margin == m, ][-1, ]
  wanted <- c(wanted, setNames(own$total, paste0(m, own$category)))
}
started <- proc.time()[["elapsed"]]
if (replicates > 0) {
  set.seed(1)
  design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = d)
  design <- as.svrepdesign(design, type = "subbootstrap", replicates = replicates)
} else {
  design <- svydesign(ids = ~1, strata = ~stratum, weights = ~weight, fpc = ~N, data = d)
}
raked <- calibrate(design, formula, population = wanted, calfun = "raking", epsilon = 1e-9, maxit = 100)
city <- svymean(~y1 + y2, raked)
counties <- svyby(~y1 + y2, ~county, raked, svymean)
seconds <- proc.time()[["elapsed"]] - started
by_item <- function(whole, parts) c(whole[1], parts[, 1], whole[2], parts[, 2])
print_all <- function(v) paste(sprintf("%.15g", v), collapse = ", ")
cat(sprintf('{"seconds": %.4f, "estimates": [%s], "errors": [%s], "version": "%s"}\n', seconds,
  print_all(by_item(coef(city), as.matrix(counties[, c("y1", "y2")]))),
  print_all(by_item(SE(city), as.matrix(SE(counties)))), packageVersion("survey")))
