# Estimate an exported data set with R's survey package, to hold our figures against it.
#
#   Rscript check_demo.R interviews.csv margins.csv [lonely]
#
# interviews.csv  one row per complete interview: stratum (as the design was declared), N_h (numbers in the stratum's
#                 frame; leave the column out where the design has no finite population correction), weight (before
#                 raking), county, the margin columns named in margins.csv, and 0/1 outcomes with empty cells for no
#                 answer: safe or safe_1 ... safe_k, satisfied or satisfied_1 ... satisfied_k; the numbered columns
#                 are items of one index with equal weights
# margins.csv     margin, category, total; categories as after joining, so that each has respondents
# lonely          policy for strata with one interview: adjust (default), remove, average, fail
#
# Prints JSON: version, policy, sum_of_weights, and rows {index, domain, n, estimate, se}.
args <- commandArgs(trailingOnly = TRUE)
if (length(args) < 2) stop("usage: Rscript check_demo.R interviews.csv margins.csv [lonely]")
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = if (length(args) > 2) args[3] else "adjust")

margins <- read.csv(args[2], colClasses = c(margin = "character", category = "character", total = "numeric"))
names_of_margins <- unique(margins$margin)
text <- setNames(rep("character", length(names_of_margins) + 1), c(names_of_margins, "stratum"))
data <- read.csv(args[1], colClasses = text, na.strings = "", check.names = FALSE)
needed <- c("stratum", "weight", "county", names_of_margins)
lacking <- setdiff(needed, names(data))
if (length(lacking)) stop("columns missing: ", paste(lacking, collapse = ", "))
data$county <- as.character(data$county)

design <- if ("N_h" %in% names(data)) {
  svydesign(ids = ~1, strata = ~stratum, fpc = ~N_h, weights = ~weight, data = data)
} else {
  svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = data)
}
terms <- c(); totals <- c()
for (k in seq_along(names_of_margins)) {
  m <- margins[margins$margin == names_of_margins[k], ]
  unknown <- setdiff(data[[names_of_margins[k]]], m$category)
  if (length(unknown)) stop("margin ", names_of_margins[k], " has no total for: ", paste(unknown, collapse = ", "))
  for (j in seq_len(nrow(m))) {
    if (k > 1 && j == 1) next                      # redundant: the margins share one grand total
    name <- paste0("m", k, "_", j)
    design$variables[[name]] <- as.numeric(data[[names_of_margins[k]]] == m$category[j])
    terms <- c(terms, name); totals[name] <- m$total[j]
  }
}
raked <- calibrate(design, as.formula(paste("~0+", paste(terms, collapse = "+"))), totals, calfun = "raking",
                   epsilon = 1e-13, maxit = 500)

# An index is the mean of its items' shares. Each item keeps its own respondents, so it is a mean of ratios of totals.
estimate <- function(items, keep) {
  d <- raked
  for (i in seq_along(items)) {
    y <- d$variables[[items[i]]]
    d$variables[[paste0("y", i)]] <- ifelse(is.na(y), 0, y)
    d$variables[[paste0("a", i)]] <- as.numeric(!is.na(y))
  }
  part <- paste0(c("y", "a"), rep(seq_along(items), each = 2))
  answered <- rowSums(!is.na(d$variables[items])) > 0
  st <- svytotal(as.formula(paste("~", paste(part, collapse = "+"))), d[keep, ])
  terms <- paste0("y", seq_along(items), "/a", seq_along(items), collapse = "+")
  value <- svycontrast(st, list(index = parse(text = paste0("(", terms, ")/", length(items)))[[1]]))
  list(n = sum(answered & keep), estimate = as.numeric(coef(value)), se = as.numeric(SE(value)))
}
rows <- c()
for (index in c("safe", "satisfied")) {
  items <- grep(paste0("^", index, "(_|$)"), names(data), value = TRUE)
  if (!length(items)) next
  for (domain in c("city", sort(unique(data$county)))) {
    keep <- if (domain == "city") rep(TRUE, nrow(data)) else data$county == domain
    e <- estimate(items, keep)
    rows <- c(rows, sprintf('{"index": "%s", "domain": "%s", "n": %d, "estimate": %.17g, "se": %.17g}',
                            index, domain, e$n, e$estimate, e$se))
  }
}
cat(sprintf('{"version": "%s", "policy": "%s", "sum_of_weights": %.17g, "rows": [\n%s\n]}\n',
            as.character(packageVersion("survey")), getOption("survey.lonely.psu"), sum(weights(raked)),
            paste(rows, collapse = ",\n")))
