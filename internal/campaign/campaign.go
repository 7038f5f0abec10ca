// Package campaign conducts several runs to one answer: an audit finds the
// timeout on each dependency, a search the highest rate that a site carries.
package campaign
