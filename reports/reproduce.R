# Reproduce every published figure of this weight set with R's package survey (4.1 or later).
# 用 R 的 survey 包（4.1 及以上）由本数据重算本套权数公布的每一个数字。
#
#   Rscript reproduce.R [folder]
#
# Reads, from the folder (default: the present one): interviews.csv, margins.csv, indices.csv, published.csv,
# replicate_weights.csv, replication.csv, differences.csv. Prints ours, R's and the difference; exit status 1 where
# any differs by more than 1e-9 (of its size, where that is above 1).
#
# The figures: Taylor linearisation of the stratified design, with the residuals of the raking. The weights before
# raking are raked here once more, so that nothing but data and margins is taken over. No finite population correction
# enters the published errors. Differences between counties: through the replicate weights, because survey 4.1 gives
# no covariances between domains after calibration.
args <- commandArgs(trailingOnly = TRUE)
folder <- if (length(args) > 0) args[1] else "."
tolerance <- 1e-9
if (!requireNamespace("survey", quietly = TRUE)) stop("this script needs R's package survey")
suppressPackageStartupMessages(library(survey))
options(survey.lonely.psu = "adjust", width = 200)
table_of <- function(name, ...) read.csv(file.path(folder, name), encoding = "UTF-8", check.names = FALSE, ...)

data <- table_of("interviews.csv")
margins <- table_of("margins.csv")
parts <- table_of("indices.csv", colClasses = c(key = "character", column = "character"))
published <- table_of("published.csv", colClasses = c(domain = "character", withheld = "character", flags = "character",
                                                      method = "character", filter_column = "character"))
design <- svydesign(ids = ~psu, strata = ~stratum, weights = ~weight_nonresponse, data = data)

# Raking as a calibration; one category of every margin but the first is redundant.
terms <- c(); totals <- c()
for (k in seq_along(unique(margins$column))) {
  column <- unique(margins$column)[k]
  m <- margins[margins$column == column, ]
  if (any(!(data[[column]] %in% m$code))) stop("a category of ", column, " has no total")
  for (j in seq_len(nrow(m))) {
    if (k > 1 && j == 1) next
    name <- paste0("m", k, "_", j)
    design$variables[[name]] <- as.numeric(data[[column]] == m$code[j])
    terms <- c(terms, name); totals[name] <- m$total[j]
  }
}
raked <- calibrate(design, as.formula(paste("~0+", paste(terms, collapse = "+"))), totals, calfun = "raking",
                   epsilon = 1e-13, maxit = 1000)
cat(sprintf("R %s.%s, survey %s; %d interviews; largest difference of a final weight: %.2g (relative)\n",
            R.version$major, R.version$minor, as.character(packageVersion("survey")), nrow(data),
            max(abs(weights(raked) / data$weight - 1))))

# An index is the average of its items' shares or scores; every item keeps its own respondents: a mean of ratios of
# totals.
part_of <- function(key) parts[parts$key == key, ]
estimate <- function(key, keep) {
  p <- part_of(key)
  d <- raked
  for (i in seq_len(nrow(p))) {
    y <- data[[p$column[i]]]
    d$variables[[paste0("y", i)]] <- ifelse(is.na(y), 0, y)
    d$variables[[paste0("a", i)]] <- as.numeric(!is.na(y))
  }
  answered <- rowSums(!is.na(data[p$column])) > 0
  names <- paste0(c("y", "a"), rep(seq_len(nrow(p)), each = 2))
  sums <- svytotal(as.formula(paste("~", paste(names, collapse = "+"))), d[keep, ])
  form <- paste0(sprintf("%.17g", p$share), "*y", seq_len(nrow(p)), "/a", seq_len(nrow(p)), collapse = "+")
  value <- svycontrast(sums, list(index = parse(text = form)[[1]]))
  c(estimate = as.numeric(coef(value)), standard_error = as.numeric(SE(value)), n = sum(answered & keep))
}
rows <- list()
add <- function(key, what, kind, ours, theirs) {
  rows[[length(rows) + 1]] <<- data.frame(figure = key, what = what, kind = kind, ours = ours, R = theirs,
                                          difference = abs(ours - theirs))
}
# Shares: logit interval with t on the design's degrees of freedom, as svyciprop("xlogit"); scores: mean and t. Shares
# of 0 or 1 carry an exact one-sided interval, which is not compared.
limits <- function(f, p, se) {
  reach <- qt(0.975, max(f$df, 1)) * se
  if (f$method == "mean") return(p + c(-reach, reach))
  plogis(qlogis(p) + c(-reach, reach) / (p * (1 - p)))
}
members <- function(f) {
  if (f$filter_column == "") return(rep(TRUE, nrow(data)))
  inside <- data[[f$filter_column]] == f$filter_value
  inside[is.na(inside)] <- FALSE
  if (f$filter_equal == 1) inside else !inside
}
skipped <- 0; unknown <- c()
for (i in seq_len(nrow(published))) {
  f <- published[i, ]
  if (nzchar(f$withheld)) { skipped <- skipped + 1; next }
  if (!(f$key %in% parts$key) || f$filter_column == "?") { unknown <- c(unknown, paste(f$key, f$domain)); next }
  e <- estimate(f$key, members(f))
  what <- paste(f$by, f$domain, sep = ":")
  add(f$key, what, "estimate", f$estimate, e[["estimate"]])
  add(f$key, what, "standard_error", f$standard_error, e[["standard_error"]])
  add(f$key, what, "n", f$n, e[["n"]])
  if (f$method %in% c("logit", "mean") && f$standard_error > 0) {
    l <- limits(f, e[["estimate"]], e[["standard_error"]])
    add(f$key, what, "low", f$low, l[1])
    add(f$key, what, "high", f$high, l[2])
  }
}

# Differences between counties, by the replicate weights.
differences <- table_of("differences.csv", colClasses = c(first = "character", second = "character"))
if (nrow(differences) > 0) {
  replication <- table_of("replication.csv")
  replicates <- as.matrix(table_of("replicate_weights.csv"))
  spread <- svrepdesign(data = data, weights = ~weight, repweights = replicates, type = "other",
                        scale = replication$scale[1], rscales = replication$rscale, combined.weights = TRUE,
                        mse = FALSE)
  for (key in unique(differences$key)) {
    mine <- differences[differences$key == key, ]
    counties <- unique(c(mine$first, mine$second))
    p <- part_of(key)
    found <- withReplicates(spread, function(w, data) sapply(counties, function(county) {
      here <- as.character(data$county) == county
      sum(sapply(seq_len(nrow(p)), function(i) {
        y <- data[[p$column[i]]]
        use <- here & !is.na(y)
        p$share[i] * sum(w[use] * y[use]) / sum(w[use])
      }))
    }))
    theta <- as.numeric(coef(found)); V <- as.matrix(vcov(found))
    for (j in seq_len(nrow(mine))) {
      a <- match(mine$first[j], counties); b <- match(mine$second[j], counties)
      name <- paste0(mine$first[j], "-", mine$second[j])
      add(key, name, "difference", mine$estimate[j], theta[a] - theta[b])
      add(key, name, "difference_error", mine$standard_error[j], sqrt(V[a, a] + V[b, b] - 2 * V[a, b]))
    }
  }
}

all_rows <- do.call(rbind, rows)
if (is.null(all_rows)) stop("there is no published figure to compare")
print(all_rows, digits = 12, row.names = FALSE)
# Scores run to 100: their rounding grows with them.
bad <- !(all_rows$difference <= tolerance * pmax(1, abs(all_rows$ours)))
cat(sprintf("%d figures compared, %d withheld and not compared; largest difference %.3g, allowed %.0e\n",
            nrow(all_rows), skipped, max(all_rows$difference), tolerance))
if (length(unknown)) cat(length(unknown), "can't be told from this file and are not compared:", paste(unknown, collapse = ", "), "\n")
if (any(bad)) {
  cat(sprintf("%d DIFFER\n", sum(bad)))
  print(all_rows[bad, ], digits = 17, row.names = FALSE)
  quit(status = 1)
}
cat("all agree\n")
