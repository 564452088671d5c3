# Standard errors of the raking cases by R's calibrate(calfun = "raking"), the rule this project follows.
# Usage: Rscript rake_by_calibrate.R > rake_by_calibrate.json   (packages survey, MASS, jsonlite)
suppressPackageStartupMessages({library(survey); library(jsonlite)})
cases <- fromJSON("cases.json", simplifyVector = FALSE)$cases
one <- function(v) if (is.null(v)) NULL else unlist(v)
form <- function(v) if (is.null(v)) ~1 else as.formula(paste("~", paste(v, collapse = "+")))
holds <- function(x, w) switch(w$op, "==" = x == w$value, ">" = x > w$value, "<=" = x <= w$value,
                                 "in" = x %in% unlist(w$value), stop(w$op))
out <- list()
for (case in cases) {
  step <- case$adjust[[1]]
  if (is.null(step) || step$type != "rake") next
  data <- read.csv(file.path("data", case$data), na.strings = c("", "NA"))
  d <- case$design
  args <- list(ids = form(one(d$ids)), data = data)
  if (!is.null(d$strata)) args$strata <- form(d$strata)
  if (!is.null(d$weights)) args$weights <- form(d$weights)
  if (!is.null(d$fpc)) args$fpc <- form(one(d$fpc))
  if (!is.null(d$nest)) args$nest <- d$nest
  des <- do.call(svydesign, args)
  terms <- c(); totals <- c()
  for (k in seq_along(step$margins)) {
    m <- step$margins[[k]]
    for (j in seq_along(m$totals)) {
      if (k > 1 && j == 1) next                  # one category of the later margins is redundant
      name <- paste0("m", k, "_", j)
      des$variables[[name]] <- as.numeric(des$variables[[m$var]] == names(m$totals)[j])
      terms <- c(terms, name); totals[name] <- as.numeric(m$totals[[j]])
    }
  }
  des <- calibrate(des, as.formula(paste("~0+", paste(terms, collapse = "+"))), totals, calfun = "raking",
                   epsilon = 1e-13, maxit = 500)
  es <- case$estimand
  if (es$stat == "ciprop") {
    des$variables$y <- as.numeric(holds(des$variables[[es$event$var]], es$event))
    es <- list(stat = "mean", vars = list("y"), na_rm = TRUE)
  }
  keep <- rep(TRUE, nrow(des$variables))
  if (!is.null(case$domain$where)) keep <- holds(des$variables[[case$domain$where$var]], case$domain$where)
  fn <- if (es$stat == "total") svytotal else svymean
  by <- one(case$domain$by)
  groups <- if (is.null(by)) list(keep) else lapply(sort(unique(des$variables[[by]])), function(l) keep & des$variables[[by]] == l)
  se <- unlist(lapply(groups, function(g) {
    g[is.na(g)] <- FALSE
    vars <- one(es$vars); if (!is.null(by)) vars <- vars[1]
    sapply(vars, function(v) as.numeric(SE(fn(form(v), des[g, ], na.rm = TRUE))))
  }))
  out[[case$id]] <- unname(se)
}
cat(toJSON(out, digits = I(17)), "\n")
