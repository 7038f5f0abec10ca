// Package house is nothing but its test: the rules of the whole module, such as
// which package may import which, and why.
package house
