//! Whose field is whose, and server-side apply: `metadata.managedFields` by the rules of structured merge.
//!
//! An update gives what it changed to its manager and takes it from everybody else. An apply gives its manager exactly
//! what it says: what it said before and does not say now is removed where nobody else owns it, and what it changes of
//! others is a conflict, or with force theirs no more.
//!
//! Not done: conversion between versions of a kind, schemas that change under objects, managed fields written by hand
//! (those of a request are ignored), the cap of ten updating managers, lists with duplicate keys or nulls in what is
//! applied, associative keys filled in from defaults.

mod fit;
mod managed;
mod ownership;
mod set;
mod typed;

pub(crate) use managed::Writer;
pub(crate) use ownership::{Applied, apply, update};
