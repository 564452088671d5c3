# Reproduce every published figure of this weight set with R's package survey (4.1 or later).
# 用 R 的 survey 包（4.1 及以上）由本数据重算本套权数公布的每一个数字。
#
#   Rscript reproduce.R [folder]
#
# Reads, from the folder (default: the present one): interviews.csv, margins.csv, indices.csv, published.csv,
# replicate_weights.csv, replication.csv, differences.csv. Prints ours, R's and the difference; exit status 1 where
# any differs by more than 1e-9.
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
parts <- table_of("indices.csv", colClasses = c(index = "character", column = "character"))
published <- table_of("published.csv", colClasses = c(domain = "character", withheld = "character",
                                                      flags = "character", place_code = "character"))
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

# An index is the average of its items' shares; every item keeps its own respondents: a mean of ratios of totals.
part_of <- function(index) parts[parts$index == index, ]
estimate <- function(index, keep) {
  p <- part_of(index)
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
add <- function(index, what, kind, ours, theirs) {
  rows[[length(rows) + 1]] <<- data.frame(index = index, what = what, kind = kind, ours = ours, R = theirs,
                                          difference = abs(ours - theirs))
}
# Logit interval with t on the design's degrees of freedom, as svyciprop("xlogit"); shares of 0 or 1 and thin cells
# carry a flag and an interval of another kind, which is not compared.
limits <- function(p, se, df) {
  away <- qt(0.975, df) * se / (p * (1 - p))
  plogis(qlogis(p) + c(-away, away))
}
skipped <- 0; unknown <- c()
for (i in seq_len(nrow(published))) {
  f <- published[i, ]
  if (nzchar(f$withheld)) { skipped <- skipped + 1; next }
  if (!(f$index %in% parts$index)) { unknown <- union(unknown, f$index); next }
  keep <- if (f$domain == "city") rep(TRUE, nrow(data)) else as.character(data$county) == f$domain
  e <- estimate(f$index, keep)
  add(f$index, f$domain, "estimate", f$estimate, e[["estimate"]])
  add(f$index, f$domain, "standard_error", f$standard_error, e[["standard_error"]])
  add(f$index, f$domain, "n", f$n, e[["n"]])
  if (!nzchar(f$flags) && f$estimate > 0 && f$estimate < 1) {
    l <- limits(e[["estimate"]], e[["standard_error"]], f$df)
    add(f$index, f$domain, "low", f$low, l[1])
    add(f$index, f$domain, "high", f$high, l[2])
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
  for (index in unique(differences$index)) {
    mine <- differences[differences$index == index, ]
    counties <- unique(c(mine$first, mine$second))
    p <- part_of(index)
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
      name <- paste(mine$first[j], "-", mine$second[j])
      add(index, name, "difference", mine$estimate[j], theta[a] - theta[b])
      add(index, name, "its error", mine$standard_error[j], sqrt(V[a, a] + V[b, b] - 2 * V[a, b]))
    }
  }
}

all_rows <- do.call(rbind, rows)
if (is.null(all_rows)) stop("there is no published figure to compare")
print(all_rows, digits = 12, row.names = FALSE)
bad <- !(all_rows$difference <= tolerance)
cat(sprintf("%d figures compared, %d withheld and not compared; largest difference %.3g, allowed %.0e\n",
            nrow(all_rows), skipped, max(all_rows$difference), tolerance))
if (length(unknown)) cat("not in indices.csv, hence not compared:", paste(unknown, collapse = ", "), "\n")
if (any(bad)) {
  cat(sprintf("%d DIFFER\n", sum(bad)))
  print(all_rows[bad, ], digits = 17, row.names = FALSE)
  quit(status = 1)
}
cat("all agree\n")
